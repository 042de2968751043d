// Runs under the pinned Node; see ../lint.mjs.
import { say } from '../workspace/say.mjs';
import { failedLintSteps } from './steps.mjs';

const failed = await failedLintSteps();
if (failed === 0) say('lint: all clean');
process.exitCode = Number(failed > 0);
