import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CallerDialect } from '../dialects/dialect.ts'
import type { CallRecord, HangUp, Principal } from '../pipeline/call.ts'
import type { InputLimits } from '../pipeline/envelope.ts'
import type { PipelineSettings } from '../pipeline/pipeline.ts'
import type { Keys } from './keys.ts'

/** Everything that follows from one version of the configuration. A request keeps the one it began with. */
export interface Runtime {
  readonly pipeline: PipelineSettings
  readonly keys: Keys
  /** No key is configured, so only this machine may call. */
  readonly keyless: boolean
  readonly inputLimits: InputLimits
  /** Largest request body, bytes. */
  readonly maxBodyBytes: number
  /** Every request is as if it had sent `x-gateway-strict: true`. */
  readonly strict: boolean
  /** Flat name, value list that every answer carries. */
  readonly securityHeaders: readonly string[]
  /** Host names that are answered, in lower case; `undefined` answers all. */
  readonly allowedHosts: ReadonlySet<string> | undefined
}

/**
 * Who may call a route: anyone; a key with the `inference` scope; an admin key; an admin key or whoever sits on this
 * machine. A route that does not say stops the start.
 */
export type Caller = 'public' | 'tenant' | 'admin' | 'admin-or-loopback'

declare module 'fastify' {
  interface FastifyContextConfig {
    caller?: Caller
    /** How errors on this route are written; by the caller's headers where it is not given. */
    dialect?: CallerDialect
    /** The body must be JSON; looked at before it is read. */
    takesJson?: true
  }
  interface FastifyRequest {
    record: CallRecord
    runtime: Runtime
    principal: Principal | undefined
    hangUp: HangUp
  }
}

export type Request = FastifyRequest
export type Reply = FastifyReply

/** The id that an answer names: the caller's own where it sent a well-formed one. */
export const shownRequestId = (record: CallRecord): string => record.clientRequestId ?? record.requestId
