import type { RecordedEvent } from './event.store.js';

/** JSON has no 64-bit integers and no exact decimals: amounts and quantities travel as text. */
export const toEventAnswer = ({ event, lines }: RecordedEvent) => {
  const { providerCostNano, surchargeNano, totalNano, ...rest } = event;
  return {
    ...rest,
    providerCostNanoUsd: String(providerCostNano),
    surchargeNanoUsd: String(surchargeNano),
    totalNanoUsd: String(totalNano),
    lines: lines.map(({ type, quantity, unitPricePico, amountNano }) => ({
      type,
      quantity: quantity.toFixed(),
      unitPricePicoUsd: String(unitPricePico),
      amountNanoUsd: String(amountNano),
    })),
  };
};
