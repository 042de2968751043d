import type { SimulatorControl } from '../control.js';

/** The tier an answer was served with: the explicit ones as asked, `default` for the rest. */
export const servedTier = <Tier extends string>(requested: unknown, { serviceTier }: SimulatorControl): Tier | null => {
  if (serviceTier !== undefined) return serviceTier as Tier | null;
  return (requested === 'flex' || requested === 'priority' ? requested : 'default') as Tier;
};
