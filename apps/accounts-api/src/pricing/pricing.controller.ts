import { Controller, Get, Inject } from '@nestjs/common';
import { PriceBook } from '@llm-proxy/pricing';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { Answers } from '../http/answers.js';
import { priceListSchema, toPriceList } from './price-list.js';

/** Prices of today, for everyone. */
@Controller('pricing')
export class PricingController {
  constructor(
    private readonly book: PriceBook,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  @Get()
  @Answers(priceListSchema)
  get() {
    return toPriceList(this.book.tableAt(new Date()), this.config.SURCHARGE_BASIS_POINTS);
  }
}
