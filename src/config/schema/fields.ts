/**
 * The kinds of field that several sections share. A refusal's `allowed` text comes from the field's own
 * bounds; where a rule is code, it stands in `params.allowed`.
 */
import { BlockList, isIP } from 'node:net'
import { z } from 'zod'

/** Longest time a Node timer can wait, in milliseconds. */
const longestTimerMs = 2_147_483_647

export const seconds = () =>
  z
    .number()
    .positive()
    .max(Math.floor(longestTimerMs / 1000))
export const milliseconds = () => z.number().min(0).max(longestTimerMs)
export const count = () => z.int().min(1)
export const countOrZero = () => z.int().min(0)
/** 0 asks the system for a free port. */
export const port = () => z.int().min(0).max(65_535)
export const text = () => z.string().min(1).max(4096)
/** A string that is never shown, logged or put into an error. `writeOnly` is JSON Schema's word for that. */
export const secret = () => text().meta({ writeOnly: true })

/** A string with a rule that code checks; `allowed` completes "allowed: …". */
export const checked = (allowed: string, accepts: (value: string) => boolean) =>
  z
    .string()
    .max(4096)
    .refine(accepts, { error: `must be ${allowed}`, params: { allowed } })

const parsedHttpUrl = (value: string): URL | undefined => {
  const url = URL.parse(value)
  const plain = url !== null && url.username === '' && url.password === '' && url.hash === ''
  return plain && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined
}

/** Where requests go: an origin with or without a path, and nothing else. */
export const httpAddress = () =>
  checked('an http:// or https:// URL without credentials, query or fragment', (value) => {
    const url = parsedHttpUrl(value)
    return url !== undefined && !value.includes('?') && !value.includes('#')
  })

/** As `httpAddress`, and a query may follow; empty turns the feature off. */
export const httpAddressWithQueryOrEmpty = () =>
  checked(
    'an http:// or https:// URL without credentials or fragment, or nothing',
    (value) => value === '' || parsedHttpUrl(value) !== undefined,
  )

/** A URL of one of these schemes; it may hold a password, so it is secret. */
export const connectionUrl = (...schemes: string[]) =>
  checked(`a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`, (value) =>
    schemes.some((scheme) => value.startsWith(`${scheme}://`) && URL.canParse(value)),
  ).meta({ writeOnly: true })

const isAddressRange = (value: string): boolean => {
  const [address = '', bits, ...rest] = value.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  if (bits === undefined) return true
  if (!/^\d{1,3}$/.test(bits)) return false
  try {
    new BlockList().addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
    return true
  } catch {
    return false
  }
}

export const addressRange = () => checked('an IP address or a CIDR range such as 10.0.0.0/8', isAddressRange)

/** `*` stands for any run of characters; the other signs of shell globs would be taken by the letter. */
export const modelGlob = () =>
  checked('a model name in which only * is a wildcard, without spaces', (value) =>
    /^[^\s?[\]{}]+$/.test(value),
  )

/** Providers are addressed as `provider/model`, so a name holds no `/`. */
export const providerName = () =>
  checked('a name of up to 64 letters, digits, "-", "_" and "."', (value) =>
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value),
  )

export const hostName = () =>
  checked('a host name or address, with a port or without', (value) =>
    /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(value),
  )

/** What a server can listen on: no port in it. */
export const listenAddress = () =>
  checked(
    'an IP address or a host name',
    (value) => isIP(value) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(value),
  )

/** A cross-check that runs even where other fields are wrong, so that all problems come at once. */
export const crossCheck = <T>(check: (value: T, report: ReportProblem) => void) =>
  z.superRefine<T>(
    (value, context) =>
      check(value, (path, message, allowed) =>
        context.addIssue({ code: 'custom', path, message, params: { allowed } }),
      ),
    { when: () => true },
  )

/** `message` says what is wrong, `allowed` what would be right. The path begins at the checked value. */
export type ReportProblem = (path: (string | number)[], message: string, allowed: string) => void

/** What a cross-check may find where the shape is wrong: look before you use it. */
export const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** Reports each later entry of a list that repeats an earlier one's `field`. */
export function reportRepeats(
  list: unknown,
  field: string,
  path: (string | number)[],
  report: ReportProblem,
) {
  const seen = new Map<unknown, number>()
  for (const [index, entry] of asList(list).entries()) {
    const value = asRecord(entry)[field]
    if (value === undefined) continue
    const first = seen.get(value)
    if (first === undefined) seen.set(value, index)
    else report([...path, index, field], `repeats the ${field} of entry ${first}`, `another ${field}`)
  }
}
