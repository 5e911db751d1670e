package dev.slipway.evaluation;

import java.util.List;

/** A text as ids of a tokeniser. */
public record Tokens(List<Integer> ids) {
  public Tokens {
    ids = List.copyOf(ids);
  }
}
