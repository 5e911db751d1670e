package dev.slipway.backend;

/** Names a tactic; the revision counts changes that make old measurements and packed weights void. */
public record TacticId(String name, int revision) {
  @Override
  public boolean equals(Object other) {
    return other instanceof TacticId id && revision == id.revision && name.equals(id.name);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + revision;
  }

  @Override
  public String toString() {
    return name + "@" + revision;
  }
}
