/** The one part of undici that every request needs; the package describes its front door only. */
declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici'
}
