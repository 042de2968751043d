// node tools/tidy.mjs: the tidy check by itself. Exceptions, each with its reason, are in tidy-exceptions.json.
import { failedTidy } from './lint/tidy-step.mjs';

process.exitCode = Number(await failedTidy());
