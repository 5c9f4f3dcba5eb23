#include "models/named_tables.h"

#include "models/shipped_data.h"

namespace loglik {

const std::vector<NamedTable>& named_tables() {
  static const std::vector<std::string> measurements{"bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"};
  // Real targets are scaled so that a standard deviation of 1 is of their size.
  static const std::vector<NamedTable> tables{
      {.name = "penguins_body_mass",
       .description = "body mass of 333 penguins from bill and flipper",
       .file = "penguins.csv",
       .columns = {.features = {"bill_length_mm", "bill_depth_mm", "flipper_length_mm"}, .target = "body_mass_g", .target_scale = 1e-3},
       .target_name = "body_mass_kg"},
      {.name = "penguins_sex",
       .description = "sex of 333 penguins from four measurements",
       .file = "penguins.csv",
       .columns = {.features = measurements, .target = "sex", .kind = TargetKind::binary, .classes = 2},
       .target_name = "sex",
       .class_names = {"female", "male"}},
      {.name = "penguins_island",
       .description = "island of 333 penguins, of three, from four measurements",
       .file = "penguins.csv",
       .columns = {.features = measurements, .target = "island", .kind = TargetKind::classes, .classes = 3},
       .target_name = "island",
       .class_names = {"Biscoe", "Dream", "Torgersen"}},
      {.name = "penguins_bill_depth",
       .description = "depth of the bill of 333 penguins from body mass and flipper: two kinds of bill where masses overlap",
       .file = "penguins.csv",
       .columns = {.features = {"body_mass_g", "flipper_length_mm"}, .target = "bill_depth_mm"},
       .target_name = "bill_depth_mm"},
      {.name = "engel",
       .description = "what 235 Belgian households of 1857 spent on food, from their income",
       .file = "engel.csv",
       .columns = {.features = {"income", "log_income"}, .target = "food_expenditure", .target_scale = 1e-2},
       .target_name = "food_expenditure_hundred_francs"},
      {.name = "doctor_visits",
       .description = "visits to a doctor of 2,019 Americans in a year, a count, from insurance and health",
       .file = "doctor_visits.csv",
       .columns = {.features = {"log_coinsurance", "deductible_plan", "log_participation_payment", "log_maximum_expenditure",
                                "physical_limitation", "chronic_diseases", "health_good", "health_fair", "health_poor"},
                   .target = "visits"},
       .target_name = "visits"},
      {.name = "party",
       .description = "party of 944 American voters of 1996 on a scale of seven, from age, education, income, town, television",
       .file = "party.csv",
       .columns = {.features = {"age", "education", "income", "log_population", "television_news"},
                   .target = "party",
                   .kind = TargetKind::classes,
                   .classes = 7},
       .target_name = "party",
       .class_names = {"strong Democrat", "weak Democrat", "independent Democrat", "independent", "independent Republican", "weak Republican",
                       "strong Republican"}},
  };
  return tables;
}

const NamedTable* find_named_table(const std::string& name) {
  for (const NamedTable& table : named_tables()) {
    if (table.name == name) return &table;
  }
  return nullptr;
}

std::string path_of(const NamedTable& table) { return shipped_data_folder() + "/" + table.file; }

}  // namespace loglik
