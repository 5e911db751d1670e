package dev.slipway.backend;

/** Names a tactic; the revision counts changes that make old measurements and packed weights void. */
public record TacticId(String name, int revision) {
  @Override
  public String toString() {
    return name + "@" + revision;
  }
}
