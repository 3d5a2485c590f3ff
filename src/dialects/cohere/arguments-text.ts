import { isNoArguments } from './answer.ts'

/** Whether more could still make it JSON's null, which stands for no arguments. */
const couldBeNull = /^\s*(n(u(l(l\s*)?)?)?)?$/

/** The arguments of one call in pieces. Holds back what may turn out to mean none, for which `{}` is told. */
export class ArgumentsText {
  #held = ''
  #isTold = false

  /** What can be told now. */
  add(more: string): string {
    if (this.#isTold) return more
    this.#held += more
    if (couldBeNull.test(this.#held)) return ''
    this.#isTold = true
    return this.#held
  }

  /** What is left to tell. */
  end(): string {
    if (this.#isTold) return ''
    return isNoArguments(this.#held) ? '{}' : this.#held
  }
}
