/** The operators: one file each, with schema, type inference, reference evaluation, cost and axis flow. */
package dev.slipway.operators;
