/** What a model costs and where its time goes: roofline, profile, layer-by-layer comparison, report. */
module dev.slipway.analysis {
  requires transitive dev.slipway.builder;
  requires transitive dev.slipway.runtime;
  requires jdk.httpserver;
  requires tools.jackson.databind;
  requires java.management;

  exports dev.slipway.analysis;

  opens dev.slipway.analysis to tools.jackson.databind;
}
