import { Command, Option } from 'commander'
import { VERSION } from '../version/index.js'

/**
 * The `protobridge` command. A subcommand is a file beside this one and a block here. The file is loaded when it is run: what
 * prints help or asks a running gateway has no use for all that a gateway is made of.
 */
export function createProgram(): Command {
  const program = new Command('protobridge')
    .description('gRPC services as REST endpoints, from their .proto files')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(protobridge --help tells what there is)')

  const configOption = () =>
    new Option('-c, --config <file>', 'configuration file').default(undefined, 'protobridge.yaml')
  const targetOption = () =>
    new Option('-t, --target <target>', 'serve what this server tells by reflection, e.g. dns:///localhost:50051')

  program
    .command('serve')
    .description('run the gateway')
    .addOption(configOption())
    .addOption(targetOption())
    .option('--listen <host:port>', 'listen here instead of where the configuration says')
    .option('--admin <host:port>', 'the admin port, likewise')
    .action(lazy(async () => (await import('./serve.js')).serve))

  program
    .command('check')
    .description('load everything as serve would, and tell every error')
    .addOption(configOption())
    .addOption(targetOption())
    .action(lazy(async () => (await import('./check.js')).check))

  program
    .command('routes')
    .description('list what is served')
    .addOption(configOption())
    .addOption(targetOption())
    .option('--json', 'as JSON')
    .action(lazy(async () => (await import('./routes.js')).routes))

  program
    .command('upstreams')
    .description('what a running gateway tells of its upstreams: endpoints, their states and errors')
    .addOption(configOption())
    .option('--admin <url>', "the gateway's admin port: a URL or HOST:PORT; default: the configuration's")
    .option('--token <token>', "the admin port's token; default: the configuration's")
    .option('--json', 'as JSON')
    .action(lazy(async () => (await import('./upstreams.js')).upstreams))

  program
    .command('xsd')
    .description('the XML Schema of what is read and written in XML, a service each')
    .argument('[service...]', 'full names, e.g. library.v1.LibraryService; all where none is given')
    .addOption(configOption())
    .addOption(targetOption())
    .option('-o, --out <folder>', 'write files here, not to stdout')
    .option('--examples', 'an example document of every root element too')
    .action(lazy(async () => (await import('./xsd.js')).xsd))

  program
    .command('hash')
    .description('an entry for a file of API keys or of users; secrets are read from stdin')
    .argument('<what>', 'key: of a key from stdin, or a new one; user: of a password from stdin')
    .argument('[name]', 'the id of the key, or the name of the user')
    .action(lazy(async () => (await import('./hash.js')).hash))

  program
    .command('explain')
    .description('a dry run of one request: which route takes it, what is bound, the message it becomes')
    .argument('<request...>', "method and target: 'GET /v1/shelves/1/books?page_size=2'")
    .addOption(configOption())
    .addOption(targetOption())
    .option(
      '-d, --body <text>',
      'the body, or a file of it: order.xml, .json, .form, .bin (protobuf), or @FILE of any name',
    )
    .option('-H, --header <line>', "a header: 'Content-Type: application/json' (repeatable)", collect, [])
    .option('--json', 'as JSON')
    .action(lazy(async () => (await import('./explain.js')).explain))

  // Where the options of a command are, the help of the whole does not say.
  for (const command of program.commands) {
    command.showHelpAfterError(`(protobridge ${command.name()} --help tells what there is)`)
  }
  return program
}

/** The action of a subcommand, in a file that is not loaded yet. */
function lazy<Args extends unknown[]>(load: () => Promise<(...args: Args) => Promise<void>>) {
  return async (...args: Args): Promise<void> => (await load())(...args)
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value]
}
