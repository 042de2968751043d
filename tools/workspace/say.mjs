/** What the tools are doing, on standard error, so that standard output stays the program's own. */
export const say = (/** @type {string} */ text) => process.stderr.write(`> ${text}\n`);

/** A loud line for what went wrong or is missing. */
export const warn = (/** @type {string} */ text) => process.stderr.write(`! ${text}\n`);

/** Ends the tool with a message instead of a stack trace. */
export class ToolError extends Error {
  /** @param {string} message @param {number} [exitCode] */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a tool's main function: what it rejects with becomes a message and an exit code. */
export const main = async (/** @type {() => Promise<void>} */ run) => {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    warn(error.message);
    process.exitCode = error.exitCode;
  }
};
