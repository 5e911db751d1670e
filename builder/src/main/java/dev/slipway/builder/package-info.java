/** Builds a plan from a graph: legalisation, fusion, layouts, tactic choice and memory planning. */
package dev.slipway.builder;
