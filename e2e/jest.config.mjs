import preset from '../jest.preset.mjs';

/** Journeys through the built system: slower than a spec, and each file starts a system of its own. */
export default { ...preset, displayName: 'e2e', setupFilesAfterEnv: ['<rootDir>/src/patience.ts'] };
