/** Data sets with known answers, metrics, and what stands around a model. */
package dev.slipway.evaluation;
