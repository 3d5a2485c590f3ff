import { print } from '../io.ts'
import type { CommandContext } from '../io.ts'

/** Starts as it is: what needs a key is only used where the key is in the environment. */
const starter = `# Every setting there is, with its default: config.example.yaml. Check with: llm-gateway validate FILE
server:
  host: 127.0.0.1 # any other address needs a key below
  port: 8080

# auth:
#   admin_keys: ["\${GATEWAY_ADMIN_KEY}"]
#   keys:
#     - { name: dev, key: "\${DEV_KEY}", tenant: acme }

# The first one that has a model serves it; the others stand in when it fails.
providers:
  # Keys come from OPENAI_API_KEY and ANTHROPIC_API_KEY in the environment.
  openai:
    type: openai
  anthropic:
    type: anthropic
  # my-vllm: { type: vllm, base_url: "http://10.0.0.5:8000/v1", models: [llama-3.3-70b] }

  # Answers without any key: mock-gpt, mock-slow, mock-error-503.
  mock:
    type: mock

# Names of your own:
# models:
#   - name: fast
#     targets:
#       - { provider: openai, model: gpt-4o-mini }
#       - { provider: anthropic, model: claude-haiku-4-5 }

telemetry:
  logging:
    level: info
    format: json
`

export function generateConfig(context: CommandContext): void {
  print(context, { yaml: starter }, starter.trimEnd())
}
