/**
 * What providers themselves say they have, for those who ask which models there are. Fetched in the background and
 * kept for a while; a provider that does not answer changes nothing, and nobody waits for it longer than a moment.
 */
import { fetchListing, type Asked } from './fetch-listing.ts'
import type { Provider } from './target.ts'

export type ListingProvider = Asked & Pick<Provider, 'listing'>

/** Milliseconds. */
export interface ListingTimes {
  /** How old a listing may become before it is fetched anew. */
  fresh: number
  /** How long a listing is shown while it cannot be fetched anew. */
  kept: number
  /** After a failure, when the provider is asked again. */
  retry: number
  /** Longest time of one fetch. */
  deadline: number
  /** Longest time that a caller waits for a listing which was never had. */
  wait: number
}

const usualTimes: ListingTimes = {
  fresh: 300_000,
  kept: 3_600_000,
  retry: 30_000,
  deadline: 3_000,
  wait: 300,
}

interface Entry {
  names: readonly string[]
  /** On the clock of `now`; `undefined`: never. */
  hadAt: number | undefined
  askedAt: number
  underWay: Promise<void> | undefined
}

export interface ModelListings {
  /** The names that each of these providers lists itself, as far as they are known. Never rejects. */
  of<Known extends ListingProvider>(
    providers: readonly Known[],
  ): Promise<ReadonlyMap<Known, readonly string[]>>
}

/** A new configuration has new providers, so what was known of the old ones goes with them. */
export function openModelListings(
  times: ListingTimes = usualTimes,
  now: () => number = () => performance.now(),
): ModelListings {
  const entries = new WeakMap<ListingProvider, Entry>()

  function lookAt(provider: ListingProvider): Entry {
    const entry = entries.get(provider) ?? {
      names: [],
      hadAt: undefined,
      askedAt: -Infinity,
      underWay: undefined,
    }
    entries.set(provider, entry)
    const time = now()
    if (entry.hadAt !== undefined && time - entry.hadAt > times.kept) entry.names = []
    const isFresh = entry.hadAt !== undefined && time - entry.hadAt < times.fresh
    if (!isFresh && entry.underWay === undefined && time - entry.askedAt >= times.retry)
      refresh(provider, entry)
    return entry
  }

  function refresh(provider: ListingProvider, entry: Entry): void {
    if (!provider.listing) return
    entry.askedAt = now()
    entry.underWay = fetchListing(provider, provider.listing, times.deadline)
      .then(
        (names) => Object.assign(entry, { names, hadAt: now() }),
        // What was known stays for as long as it may.
        () => entry,
      )
      .then(() => void (entry.underWay = undefined))
  }

  return {
    async of(providers) {
      const asked = providers.filter(({ listing }) => listing !== undefined)
      const looked = asked.map((provider) => [provider, lookAt(provider)] as const)
      await atMost(
        looked.flatMap(([, { hadAt, underWay, askedAt }]) =>
          hadAt === undefined && underWay ? [{ underWay, ms: askedAt + times.wait - now() }] : [],
        ),
      )
      return new Map(looked.map(([provider, { names }]) => [provider, names]))
    },
  }
}

/** Waits until all have ended, for each at most its milliseconds. */
async function atMost(waits: readonly { underWay: Promise<void>; ms: number }[]): Promise<void> {
  const longest = Math.max(0, ...waits.map(({ ms }) => ms))
  if (longest === 0) return
  let timer: NodeJS.Timeout | undefined
  const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, longest)))
  await Promise.race([Promise.all(waits.map(({ underWay }) => underWay)), enough])
  clearTimeout(timer)
}
