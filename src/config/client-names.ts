/** Variables of the command-line client: where the gateway is, and the key for it. They set no field. */
export const clientNames = { url: 'LLM_GATEWAY_URL', key: 'LLM_GATEWAY_API_KEY' } as const
