#!/usr/bin/env -S node --max-semi-space-size=64
/*
 * Looks at the Node that runs it before anything newer is read, so this file keeps to what Node 12 understands:
 * no ?., no ??, no top-level await, no named node: specifiers.
 */
import { existsSync, realpathSync } from 'fs'
import { pathToFileURL, fileURLToPath } from 'url'

var neededMajor = 24

/** A sentence for a Node that is too old; null for one that will do. */
export function nodeVersionProblem(version) {
  if (parseInt(version, 10) >= neededMajor) return null
  return `llm-gateway needs Node.js ${neededMajor} or newer; this is Node.js ${version}.
To get it:
  without installing:  npx -y node@${neededMajor} ${fileURLToPath(import.meta.url)} --help
  with nvm:            nvm install ${neededMajor}
  as a package:        https://nodejs.org/en/download
  in a checkout:       npm ci, then npm start: they bring their own
`
}

function start() {
  var problem = nodeVersionProblem(process.versions.node)
  if (problem !== null) {
    process.stderr.write(problem)
    process.exitCode = 2
    return
  }
  // `llm-gateway models | head` closes the pipe early; that is no failure.
  process.stdout.on('error', function (error) {
    process.exit(error.code === 'EPIPE' ? 0 : 1)
  })
  import('module')
    .then(function (module) {
      // Compiled code is kept between starts, where there is a place to write it.
      module.enableCompileCache()
      var built = new URL('../dist/llm-gateway.js', import.meta.url)
      var source = new URL('../src/cli/main.ts', import.meta.url)
      return import((existsSync(built) ? built : source).href)
    })
    .then(function (cli) {
      return cli.runCli(process.argv.slice(2), {
        stdout: process.stdout,
        stderr: process.stderr,
        env: process.env,
        cwd: process.cwd(),
      })
    })
    .then(
      function (code) {
        process.exitCode = code
        // After a failure nothing is worth waiting for; after `start` the server keeps the process alive.
        if (code !== 0) process.exit(code)
      },
      function (error) {
        process.stderr.write('llm-gateway failed: ' + error.message + '\n')
        process.exit(1)
      },
    )
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) start()
