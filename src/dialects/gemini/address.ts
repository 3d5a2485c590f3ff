/** What a provider's page needs to know of the API's paths. */

/** `gemini-2.5-flash` as the API's paths and bodies write it: `models/gemini-2.5-flash`; a full name stays. */
export const qualifiedModel = (model: string): string =>
  /^(models|tunedModels)\//.test(model) ? model : `models/${model}`

/** What Google's servers are asked to do with a model: a stream as server-sent events, or a whole answer. */
export const generateMethod = (stream: boolean): string =>
  stream ? 'streamGenerateContent?alt=sse' : 'generateContent'
