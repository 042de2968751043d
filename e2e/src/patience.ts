import { jest } from '@jest/globals';

/** Journeys start a whole system and wait for bills, on a machine that may have much else to do. */
jest.setTimeout(300_000);
