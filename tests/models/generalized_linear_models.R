#!/usr/bin/env Rscript
# Writes generalized_linear_models.csv beside this file: maximum-likelihood fits of R's own functions to shipped data, for
# generalized_linear_models_test.cpp. Debian 12: r-base-core 4.2.2, r-cran-mass 7.3-58.2, r-cran-survival 3.5-3.
#
#   Rscript generalized_linear_models.R
#
# A row: model, name of a coefficient or "log_likelihood", value. Features are standardised over all rows, by the deviation with divisor n.
# Iterations are carried on to 1e-13: R's own default of 1e-8 leaves errors of up to 1e-5 in coefficients.
library(MASS)
library(survival)

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
data <- function(name) read.csv(file.path(dirname(file), "../../models/data", name))
standardised <- function(x) (x - mean(x)) / sqrt(mean((x - mean(x))^2))
precise <- glm.control(epsilon = 1e-13, maxit = 200)

penguins <- data("penguins.csv")
penguins$body_mass <- penguins$body_mass_g / 1000
for (column in c("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")) penguins[[column]] <- standardised(penguins[[column]])
engel <- data("engel.csv")
engel$log_income <- standardised(engel$log_income)
engel$hundreds <- engel$food_expenditure / 100
visits <- data("doctor_visits.csv")
party <- data("party.csv")
for (column in setdiff(names(visits), "visits")) visits[[column]] <- standardised(visits[[column]])
for (column in setdiff(names(party), "party")) party[[column]] <- standardised(party[[column]])

rows <- list()
record <- function(model, coefficients, log_likelihood) {
  rows[[length(rows) + 1]] <<- data.frame(model = model, name = c(names(coefficients), "log_likelihood"),
                                          value = sprintf("%.15g", c(coefficients, log_likelihood)))
}

fit <- glm(body_mass ~ bill_length_mm + bill_depth_mm + flipper_length_mm, gaussian, penguins, control = precise)
record("gaussian", c(coef(fit), log_scale = log(mean(resid(fit)^2)) / 2), logLik(fit))

fit <- glm(sex ~ bill_length_mm + bill_depth_mm + flipper_length_mm + body_mass_g, binomial, penguins, control = precise)
record("binomial", coef(fit), logLik(fit))

fit <- glm(visits ~ ., poisson, visits, control = precise)
record("poisson", coef(fit), logLik(fit))

fit <- glm.nb(visits ~ ., visits, control = precise)
record("negative_binomial", c(coef(fit), log_size = log(fit$theta)), logLik(fit))

# R's logLik of a Gamma model takes the dispersion from the deviance, not from the maximum in the shape.
fit <- glm(hundreds ~ log_income, Gamma(link = "log"), engel, control = precise)
shape <- gamma.shape(fit, it.lim = 100, eps.max = 1e-10)$alpha
record("gamma", c(coef(fit), log_shape = log(shape)), sum(dgamma(engel$hundreds, shape, shape / fitted(fit), log = TRUE)))

# λ at the maximum is n/deviance, and logLik is taken there.
fit <- glm(hundreds ~ log_income, inverse.gaussian(link = "log"), engel, control = precise)
record("inverse_gaussian", c(coef(fit), log_concentration = log(nrow(engel) / deviance(fit))), logLik(fit))

# P(y ≤ k) = S(ζₖ − η)
fit <- polr(factor(party) ~ age + education + income + log_population + television_news, party,
            control = list(reltol = 1e-16, maxit = 1000))
record("ordinal", c(coef(fit), fit$zeta), logLik(fit))

# Expenditure above 700 francs is known only to be above: log T = xβ + σ·W with W of the smallest-value distribution, so the shape is 1/σ.
engel$time <- pmin(engel$hundreds, 7)
engel$event <- engel$hundreds <= 7
fit <- survreg(Surv(time, event) ~ log_income, engel, dist = "weibull", control = survreg.control(rel.tolerance = 1e-14, maxiter = 200))
record("weibull", c(coef(fit), log_shape = -log(fit$scale)), logLik(fit))

write.csv(do.call(rbind, rows), sub("\\.R$", ".csv", file), row.names = FALSE, quote = FALSE)
