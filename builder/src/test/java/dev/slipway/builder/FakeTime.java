package dev.slipway.builder;

/** Time that passes only where a test lets it. */
final class FakeTime implements TimeSource {
  private long nanos;
  private long disturbances;
  private long compilationMillis;

  void pass(long more) {
    nanos += more;
  }

  void disturb() {
    disturbances++;
  }

  void compile() {
    compilationMillis++;
  }

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public long disturbances() {
    return disturbances;
  }

  @Override
  public long compilationMillis() {
    return compilationMillis;
  }
}
