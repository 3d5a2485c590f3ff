/** Which entries of the first list are models of which provider type, and what the provider calls them. */

interface TypeOfProvider {
  /** Values of `litellm_provider`; a `*` at the end stands for any ending. */
  litellm: readonly string[]
  /** What stands before the provider's own name in some or all keys. */
  prefix: string
  /** The provider's id in the second list. */
  genai: string
  /** What its own names look like; anything else is a price of a region, a size or a commitment. */
  ownName: RegExp
}

const noSlash = /^[^/]+$/

export const providerTypes: Readonly<Record<string, TypeOfProvider>> = {
  openai: {
    litellm: ['openai', 'text-completion-openai'],
    prefix: 'openai/',
    genai: 'openai',
    // `ft:` names are prices of fine-tunes; `container` is a price of the code interpreter.
    ownName: /^(?!ft:|container$)[^/]+$/,
  },
  anthropic: {
    litellm: ['anthropic'],
    prefix: 'anthropic/',
    genai: 'anthropic',
    // `claude-4-opus-…` is another program's spelling of `claude-opus-4-…`.
    ownName: /^(?!claude-4-)[^/]+$/,
  },
  azure_openai: {
    litellm: ['azure', 'azure_text'],
    prefix: 'azure/',
    genai: 'azure',
    // Mistral's and Cohere's models on Azure are not deployments of Azure OpenAI.
    ownName: /^(?!container$|mistral-|command-)[^/]+$/,
  },
  gemini: {
    litellm: ['gemini'],
    prefix: 'gemini/',
    genai: 'google',
    // Both stand in the list under a mode that is not theirs.
    ownName: /^(?!gemini-1\.5-flash$|deep-research-)[^/]+$/,
  },
  vertex: {
    litellm: ['vertex_ai*'],
    prefix: 'vertex_ai/',
    genai: 'google',
    // Chirp is the Speech API's; the others stand in the list under a mode that is not theirs.
    ownName: /^(?!chirp|gemini-flash-experimental$|deep-research-)/,
  },
  bedrock: {
    litellm: ['bedrock', 'bedrock_converse'],
    prefix: 'bedrock/',
    genai: 'aws',
    // An inference profile's region, the vendor, the model.
    ownName: /^(?:(?:us|us-gov|eu|apac|au|jp|global)\.)?[a-z0-9]+\.[a-z][a-z0-9.:-]+$/,
  },
  cohere: { litellm: ['cohere', 'cohere_chat'], prefix: 'cohere/', genai: 'cohere', ownName: noSlash },
  mistral: { litellm: ['mistral'], prefix: 'mistral/', genai: 'mistral', ownName: noSlash },
  together: {
    litellm: ['together_ai'],
    prefix: 'together_ai/',
    genai: 'together',
    // Names without a vendor are prices by size; `baai/` is listed a second time as `BAAI/`.
    ownName: /^(?!baai\/)[^/]+\/[^/]+$/,
  },
  deepseek: { litellm: ['deepseek'], prefix: 'deepseek/', genai: 'deepseek', ownName: noSlash },
  groq: { litellm: ['groq'], prefix: 'groq/', genai: 'groq', ownName: /./ },
  openrouter: {
    litellm: ['openrouter'],
    prefix: 'openrouter/',
    genai: 'openrouter',
    ownName: /^[^/]+\/[^/]+$/,
  },
  fireworks: {
    litellm: ['fireworks_ai*'],
    prefix: 'fireworks_ai/',
    genai: 'fireworks',
    // Short names are another program's; `fireworks-ai-…` and the bare path are prices by size.
    ownName: /\/[^/]+$/,
  },
  xai: { litellm: ['xai'], prefix: 'xai/', genai: 'x-ai', ownName: noSlash },
  perplexity: {
    litellm: ['perplexity'],
    prefix: 'perplexity/',
    genai: 'perplexity',
    // The first generations are gone, and were sold by the request.
    ownName: /^(?!pplx-\d|sonar-(?:small|medium)-|codellama-|llama-|mistral-|mixtral-)./,
  },
}

/** Routes that the gateway has. */
const servedRoute =
  /^\/v1\/(chat\/completions|completions|responses|messages|embeddings|images\/generations|audio\/(speech|transcriptions)|moderations|rerank)$/

/** The provider type and own name of an entry, or `undefined` for one that isn't of the catalogue. */
export function nameInProvider(
  key: string,
  entry: Readonly<Record<string, unknown>>,
): { type: string; name: string } | undefined {
  const routes = entry.supported_endpoints
  // Live and realtime models are called over a socket, whatever mode the list gives them.
  if (Array.isArray(routes) && routes.length > 0 && !routes.some((route) => servedRoute.test(String(route))))
    return undefined
  for (const [type, { litellm, prefix, ownName }] of Object.entries(providerTypes)) {
    if (!litellm.some((pattern) => isOf(String(entry.litellm_provider), pattern))) continue
    const name = key.startsWith(prefix) ? key.slice(prefix.length) : key
    return ownName.test(name) ? { type, name } : undefined
  }
  return undefined
}

function isOf(provider: string, pattern: string): boolean {
  return pattern.endsWith('*') ? provider.startsWith(pattern.slice(0, -1)) : provider === pattern
}
