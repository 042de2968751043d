import { jest } from '@jest/globals';

/** Journeys start a whole system and wait for bills. */
jest.setTimeout(120_000);
