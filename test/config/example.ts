import { readFileSync } from 'node:fs'

export const exampleText = readFileSync(new URL('../../config.example.yaml', import.meta.url), 'utf8')

/** The example with every setting in force. A remark is `# ` and a word; any other `#` hides a setting. */
export const wholeText = exampleText.replaceAll(/^( *)#(?=[^ #\n]| {2})/gm, '$1')

/** What the whole example asks the environment for. */
export const wholeVariables: Record<string, string> = {
  DEV_KEY: 'dev-key',
  OPENAI_API_KEY: 'openai-key',
  ANTHROPIC_KEY_1: 'anthropic-key-1',
  ANTHROPIC_KEY_2: 'anthropic-key-2',
  AZURE_CLIENT_SECRET: 'azure-secret',
  AWS_ACCESS_KEY_ID: 'aws-id',
  AWS_SECRET_ACCESS_KEY: 'aws-secret',
  AWS_SESSION_TOKEN: 'aws-token',
  SECRETS_ENCRYPTION_KEY: 'encryption-key',
  POSTGRES_PASSWORD: 'postgres-password',
  REDIS_PASSWORD: 'redis-password',
}
