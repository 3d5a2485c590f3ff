/** A place in the configuration: keys of sections, and indexes of lists. */
export type Path = readonly (string | number)[]

/** `providers.openai.models[0]`; a key that holds a dot is quoted, so that every text is one path only. */
export function pathText(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (!/^[\w-]+$/.test(step)) text += `[${JSON.stringify(step)}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}
