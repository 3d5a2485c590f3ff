/** The environment as a lookup. An empty variable is set, to nothing; who reads it decides what that means. */
export interface Environment {
  get(name: string): string | undefined
  names(): string[]
}

export const environmentOf = (variables: Readonly<Record<string, string | undefined>>): Environment => ({
  get: (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
  names: () => Object.keys(variables).filter((name) => variables[name] !== undefined),
})
