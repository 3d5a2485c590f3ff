/** For each provider type the JSON text of its `CatalogueModel`s. */
export declare const catalogueTexts: Readonly<Record<string, string>>
