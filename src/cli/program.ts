/** Every command with its options. What a command does stands in its own file, loaded when it runs. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { shells } from './completions.ts'
import type { CliIo, CommandContext, GlobalOptions } from './io.ts'
import { version } from '../version.ts'

/** `showUsage` gets what the parser says about arguments that are wrong. */
export function buildProgram(io: CliIo, showUsage: (text: string) => void): Command {
  const program = new Command('llm-gateway')
    .description('One gateway between your applications and every model provider.')
    .version(version, '-V, --version', 'print the version')
    .option('-v, --verbose', 'say more; twice says yet more', (_, level: number) => level + 1, 0)
    .option('--json', 'print JSON, errors too')
    .option('-u, --url <url>', 'where the gateway is (LLM_GATEWAY_URL; http://127.0.0.1:8080)')
    .option('-k, --key <key>', 'the key to call it with (LLM_GATEWAY_API_KEY)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: showUsage })
  const context = (): CommandContext => ({ ...program.opts<GlobalOptions>(), io })
  addServing(program, context)
  addConfig(program, context)
  addClient(program, context)
  addCatalogue(program, context)
  addAbout(program, context)
  return program
}

type Context = () => CommandContext

function addServing(program: Command, context: Context): void {
  program
    .command('start')
    .description('serve')
    .option('-c, --config <file>', 'configuration file')
    .option('-p, --port <port>', 'port of the API')
    .option('-H, --host <host>', 'address to listen on')
    .option('--workers <count>', 'processes that serve')
    .option('--metrics-port <port>', 'port of /metrics alone')
    .action(async (options) => (await import('./commands/start.ts')).start(context(), options))
}

const strict = () => new Option('--strict', 'warnings fail too')
const configFile = () => new Option('-c, --config <file>', 'configuration file')

function addConfig(program: Command, context: Context): void {
  program
    .command('validate')
    .description('check a configuration file')
    .argument('<file>', 'configuration file')
    .addOption(strict())
    .action(async (file, options) =>
      (await import('./commands/validate.ts')).validate(context(), file, options),
    )
  const config = program.command('config').description('show, check or begin a configuration')
  config
    .command('show')
    .description('the resolved configuration and where each value comes from; never a secret')
    .addOption(configFile())
    .action(async (options) => (await import('./commands/config-show.ts')).showConfig(context(), options))
  config
    .command('validate')
    .description('check a configuration')
    .argument('[file]', 'configuration file; without one the environment is checked')
    .addOption(configFile())
    .addOption(strict())
    .action(async (file, options) =>
      (await import('./commands/validate.ts')).validate(context(), file ?? options.config, options),
    )
  config
    .command('generate')
    .description('print a configuration to begin with')
    .action(async () => (await import('./commands/config-generate.ts')).generateConfig(context()))
}

function addClient(program: Command, context: Context): void {
  program
    .command('health')
    .description('ask a running gateway how it is')
    .option('--detailed', 'providers and dependencies too')
    .option('--timeout <seconds>', 'longest wait', positiveNumber, 10)
    .action(async (options) => (await import('./commands/health.ts')).health(context(), options))
  program
    .command('models')
    .description('list the models that a running gateway serves')
    .option('-p, --provider <name>', 'of this provider only')
    .option('--capabilities', 'what each model can do')
    .action(async (options) => (await import('./commands/models.ts')).models(context(), options))
  program
    .command('chat')
    .description('send one message and print the answer')
    .argument('<message>', 'what to say')
    .option('-m, --model <model>', 'who answers', 'gpt-4o')
    .option('-s, --system <text>', 'system prompt')
    .option('--stream', 'print the answer as it arrives')
    .option('--temperature <number>', 'how freely', numberFrom0, 0.7)
    .option('--max-tokens <count>', 'longest answer', wholeNumber)
    .action(async (message, options) =>
      (await import('./commands/chat.ts')).chat(context(), message, options),
    )
}

function addCatalogue(program: Command, context: Context): void {
  program
    .command('catalogue')
    .description('what is known of the models of the providers')
    .command('refresh')
    .description('make a data file for catalogue.file of the configuration from a public list of models')
    .requiredOption('--from <list>', 'file or URL of model_prices_and_context_window.json of litellm')
    .option('--fill-from <list>', 'file or URL of data_slim.json of genai-prices, for what the first lacks')
    .option('-o, --out <file>', 'where the data goes', 'catalogue.json')
    .action(async (options) =>
      (await import('./commands/catalogue-refresh.ts')).refreshCatalogue(context(), options),
    )
}

function addAbout(program: Command, context: Context): void {
  program
    .command('info')
    .description('print version, Node and platform')
    .option('--detailed', 'memory, cores and packages too')
    .action(async (options) => (await import('./commands/info.ts')).info(context(), options))
  program
    .command('completions')
    .description('print a completion script for a shell')
    .argument('<shell>', shells.join(', '))
    .action(async (shell) =>
      (await import('./commands/completions.ts')).completions(context(), program, shell),
    )
}

const positiveNumber = (text: string): number => readNumber(text, (value) => value > 0, 'a number above 0')
const numberFrom0 = (text: string): number => readNumber(text, (value) => value >= 0, 'a number of 0 or more')
const wholeNumber = (text: string): number =>
  readNumber(text, (value) => Number.isSafeInteger(value) && value > 0, 'a whole number above 0')

function readNumber(text: string, accepts: (value: number) => boolean, allowed: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(value) || !accepts(value)) throw new InvalidArgumentError(`Allowed is ${allowed}.`)
  return value
}
