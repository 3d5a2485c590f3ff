/** JSON text of `CatalogueLists`. */
export declare const catalogueText: string
