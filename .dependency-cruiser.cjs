// The import rule of docs/ARCHITECTURE.md:
//   usage-schema <- pricing <- shared-auth, budgets, usage-stream, platform/* <- apps
// Every rule has a violation of its own in tools/lint/import-rules.spec.mjs.

/** Files of tests: they may use what the code itself may not. */
const TESTS = '[.](spec|suite)[.]ts$';
/** One project: an app, a lib, or a platform lib. */
const PROJECT = '(apps/[^/]+|libs/platform/[^/]+|libs/[^/]+)';

const error = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });

module.exports = {
  forbidden: [
    error('contract-knows-nobody', 'usage-schema is the contract: everybody imports it, it imports nobody.', { path: '^libs/usage-schema/src' }, { path: '^(apps|libs)/', pathNot: '^libs/usage-schema/' }),
    error('pricing-knows-the-contract-only', 'pricing stands on usage-schema and on nothing else of ours.', { path: '^libs/pricing/src' }, { path: '^(apps|libs)/', pathNot: '^libs/(pricing|usage-schema)/' }),
    error(
      'pricing-is-pure',
      'pricing knows no framework, stream, database or network.',
      { path: '^libs/pricing/src', pathNot: TESTS },
      { path: '(^|node_modules/)(@nestjs|@prisma|kafkajs|ioredis|pg|undici|pino|axios)(/|$)|^(node:)?(http|https|http2|net|tls|dgram|dns|timers|cluster|worker_threads|child_process)(/|$)' },
    ),
    error('platform-stays-thin', 'platform/* is below the other libs and knows none of the domain.', { path: '^libs/platform/', pathNot: TESTS }, { path: '^libs/(?!platform/)' }),
    error('libs-know-no-app', 'Imports point from apps to libs, never upwards.', { path: '^libs/' }, { path: '^apps/' }),
    error(
      'apps-stay-apart',
      'Apps talk over HTTP and the stream; only standalone composes them.',
      { path: '^apps/([^/]+)/', pathNot: '^apps/standalone/' },
      { path: '^apps/', pathNot: '^apps/$1/' },
    ),
    error('nobody-imports-standalone', 'standalone is the top of everything.', { path: '^apps/', pathNot: '^apps/standalone/' }, { path: '^apps/standalone/' }),
    error('relay-knows-no-nest', 'The hot path is plain functions.', { path: '^apps/gateway/src/relay/', pathNot: TESTS }, { path: '(^|node_modules/)@nestjs/' }),
    error(
      'testing-is-for-tests',
      'libs/testing is for specs, benchmarks and the simulator of standalone.',
      { path: '^(apps|libs)/', pathNot: ['^libs/testing/', '^apps/standalone/', TESTS] },
      { path: '^libs/testing/' },
    ),
    error('tests-are-not-imported', 'Nothing but tests imports a spec or a suite.', { path: '^(apps|libs)/', pathNot: TESTS }, { path: TESTS }),
    error(
      'projects-by-their-entry',
      'Another project is imported by what its package exports, not by a file inside of it.',
      { path: `^${PROJECT}/` },
      { path: `^(apps|libs)/`, pathNot: ['^$1/', '^(apps|libs)/.*/src/index[.]ts$', '^libs/testing/src/simulator/server[.]ts$'] },
    ),
    error('no-cycles', 'A cycle means that two files are one, or that one of them does two things.', {}, { circular: true }),
    error('resolvable', 'The import leads nowhere.', {}, { couldNotResolve: true }),
    error(
      'no-development-packages',
      'Code that runs in production imports packages of "dependencies" only.',
      { path: '^(apps|libs)/.*/src/', pathNot: ['^libs/testing/', TESTS] },
      { dependencyTypes: ['npm-dev'] },
    ),
    error('packages-are-listed', 'The package is not in the package.json of the workspace: it is there by accident.', { path: '^(apps|libs)/', pathNot: TESTS }, { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] }),
  ],
  options: {
    // TypeScript 7 has no programming interface for its parser.
    parser: 'swc',
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(apps|libs)/.*/(dist|generated)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['development', 'import', 'node', 'default'], extensions: ['.ts', '.mjs', '.js'] },
  },
};
