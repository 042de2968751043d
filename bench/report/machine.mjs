import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** What the figures were measured on. Figures of two machines do not compare; ratios roughly do. */
export const describeMachine = () => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: `${type()} ${release()}`,
  node: process.version,
  loadAverage: loadavg().map((load) => Math.round(load * 100) / 100),
});

/** Above this, something else is working on the machine. */
const BUSY_LOAD = 0.5;

/** @param {ReturnType<typeof describeMachine>} machine */
export const machineLines = (machine) => {
  const lines = [
    `machine   ${machine.cores} × ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.kernel}`,
    `node      ${machine.node}`,
    `load      ${machine.loadAverage.join('  ')} before the start (1, 5, 15 minutes)`,
  ];
  if ((machine.loadAverage[0] ?? 0) > BUSY_LOAD) lines.push('          The machine is not idle: trust the ratios, and their spread, more than the absolute figures.');
  return lines;
};
