/** Passes and rewrite rules over graphs, their driver, and the pipelines that order them. */
package dev.slipway.optimizer;
