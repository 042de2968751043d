/**
 * What Prisma's command line asks its engine for.
 * @typedef {object} EngineArguments
 * @property {boolean} version
 * @property {string | null} url of the database, when the command needs one
 * @property {string[]} datamodels schema files
 * @property {string | null} databaseCommand `can-connect-to-database`, `create-database` or `drop-database`; null means JSON-RPC
 */

/** @param {string[]} args @returns {EngineArguments} */
export const parseCommandLine = (args) => {
  /** @type {EngineArguments} */
  const asked = { version: false, url: null, datamodels: [], databaseCommand: null };
  for (let index = 0; index < args.length; index += 1) {
    const value = args[index + 1] ?? '';
    switch (args[index]) {
      case '--version':
        asked.version = true;
        break;
      case '--datasource':
        asked.url = JSON.parse(value).url ?? null;
        break;
      case '--datamodels':
        asked.datamodels.push(value);
        break;
      case 'cli':
        asked.databaseCommand = value;
        break;
      default:
    }
  }
  return asked;
};
