/** Benchmarks of the engine and comparisons with peers. */
package dev.slipway.benchmarks;
