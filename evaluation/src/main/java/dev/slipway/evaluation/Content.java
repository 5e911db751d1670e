package dev.slipway.evaluation;

import dev.slipway.vision.Image;
import java.util.Objects;

/** What an item of a data set is, before it is prepared for a model. */
public sealed interface Content {

  record Picture(Image image) implements Content {
    public Picture {
      Objects.requireNonNull(image, "image");
    }
  }

  /** Two texts that are compared. */
  record TextPair(String first, String second) implements Content {
    public TextPair {
      Objects.requireNonNull(first, "first");
      Objects.requireNonNull(second, "second");
    }
  }

  /** Two texts that are compared, as ids of a tokeniser, its special tokens included. */
  record TokenPair(Tokens first, Tokens second) implements Content {
    public TokenPair {
      Objects.requireNonNull(first, "first");
      Objects.requireNonNull(second, "second");
    }
  }
}
