/**
 * Something a rule objects to.
 * @typedef {{ rule: string, file: string, line: number, message: string }} Finding
 */

/**
 * An objection that stands, with the reason why. `subject`, where it is given, narrows it to findings whose message holds it.
 * @typedef {{ rule: string, file: string, subject?: string, reason: string }} Exception
 */

const covers = (/** @type {Exception} */ exception, /** @type {Finding} */ finding) =>
  exception.rule === finding.rule && exception.file === finding.file && (exception.subject === undefined || finding.message.includes(exception.subject));

const inList = (/** @type {string} */ message) => ({ rule: 'exceptions', file: 'tools/tidy-exceptions.json', line: 1, message });

/**
 * What is left when the listed exceptions are taken out. An exception that no longer excuses anything, or gives no reason, is a
 * finding itself.
 * @param {Finding[]} findings
 * @param {Exception[]} exceptions
 * @returns {Finding[]}
 */
export const withoutExceptions = (findings, exceptions) => [
  ...findings.filter((finding) => !exceptions.some((exception) => covers(exception, finding))),
  ...exceptions
    .filter((exception) => !findings.some((finding) => covers(exception, finding)))
    .map((exception) => inList(`${exception.rule} in ${exception.file} needs no exception any more`)),
  ...exceptions.filter((exception) => !exception.reason?.trim()).map((exception) => inList(`${exception.rule} in ${exception.file} has no reason`)),
];
