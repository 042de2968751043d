import { adjustmentsAt, PriceBook } from '@llm-proxy/pricing';
import { Controller, Delete, Get, Inject, Param, Put } from '@nestjs/common';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { AccountsError } from '../accounts.errors.js';
import { OK, okSchema } from '../http/answer.schema.js';
import { Answers, Refuses } from '../http/answers.js';
import { ParsedBody } from '../http/parse-with.js';
import { ProjectsStore } from '../projects/projects.store.js';
import { SettingsDocumentsStore } from '../settings/settings-documents.store.js';
import { type AdjustmentsDocument, adjustmentsDocumentSchema, PRICE_ADJUSTMENTS } from './price-adjustments.schema.js';
import { priceListSchema, toPriceList } from './price-list.js';

/** What a project pays: its prices of today, and the operator's discounts and markups that make them. */
@Controller('accounts/projects/:projectId')
export class ProjectPricingController {
  constructor(
    private readonly book: PriceBook,
    private readonly projects: ProjectsStore,
    private readonly documents: SettingsDocumentsStore,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  @Get('pricing')
  @Answers(priceListSchema)
  async pricing(@Param('projectId') projectId: string) {
    const now = new Date();
    const { adjustments } = await this.adjustmentsOf(projectId);
    return toPriceList(this.book.tableAt(now), this.config.SURCHARGE_BASIS_POINTS, adjustmentsAt(adjustments, now));
  }

  @Get('price-adjustments')
  @Answers(adjustmentsDocumentSchema)
  get(@Param('projectId') projectId: string): Promise<AdjustmentsDocument> {
    return this.adjustmentsOf(projectId);
  }

  @Put('price-adjustments')
  @Answers(adjustmentsDocumentSchema)
  async put(@Param('projectId') projectId: string, @ParsedBody(adjustmentsDocumentSchema) document: AdjustmentsDocument): Promise<AdjustmentsDocument> {
    document.adjustments.forEach(({ provider }, index) => {
      if (provider !== undefined && !this.book.newest.hasProvider(provider)) throw new AccountsError('invalid_request', `adjustments.${index}.provider: has no prices`);
    });
    return adjustmentsDocumentSchema.parse(await this.documents.set(projectId, PRICE_ADJUSTMENTS, document));
  }

  @Delete('price-adjustments')
  @Answers(okSchema)
  @Refuses('settings_not_found')
  async remove(@Param('projectId') projectId: string) {
    await this.documents.remove(projectId, PRICE_ADJUSTMENTS);
    return OK;
  }

  private async adjustmentsOf(projectId: string): Promise<AdjustmentsDocument> {
    const { id } = await this.projects.get(projectId);
    return adjustmentsDocumentSchema.parse((await this.documents.find(id, PRICE_ADJUSTMENTS)) ?? { adjustments: [] });
  }
}
