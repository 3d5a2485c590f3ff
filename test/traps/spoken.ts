import type { Said } from './said.ts'

/** Characters of two, three and four bytes, and one of several code points. */
export const sentences = ['Grüße', ' – 漢字 ', '👩‍👩‍👧', ' 😀.']

export const spoken: Said = {
  texts: sentences,
  calls: [{ id: 'call00001', name: 'weather', pieces: ['{"city":"Tō', 'kyō 😀"', '}'] }],
}
