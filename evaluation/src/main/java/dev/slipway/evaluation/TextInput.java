package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.ValueType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Texts as the inputs of an encoder, {@code int64[1, tokens]} each, without padding; each text of a pair is a sample of
 * its own.
 *
 * @param ids the name of the input of tokens
 * @param mask the name of the input that is 1 for each token; left out where the model has none of that name
 * @param types the name of the input that is 0 for each token; left out where the model has none of that name
 * @param tokenizer for data sets that give texts, not tokens
 */
public record TextInput(String ids, String mask, String types, Optional<WordPiece> tokenizer)
    implements InputProcessing {
  public TextInput {
    Objects.requireNonNull(ids, "ids");
    Objects.requireNonNull(mask, "mask");
    Objects.requireNonNull(types, "types");
    Objects.requireNonNull(tokenizer, "tokenizer");
  }

  @Override
  public int samplesPerItem() {
    return 2;
  }

  @Override
  public List<Sample> prepare(Item item, Map<String, ValueType> inputs) {
    return switch (item.content()) {
      case Content.TokenPair(Tokens first, Tokens second) -> samples(item, first, second, inputs);
      case Content.TextPair(String first, String second) -> tokenizer
          .map(words -> samples(item, words.tokens(first), words.tokens(second), inputs))
          .orElseThrow(() -> new SlipwayException(item.name() + ": a text (expected: ids of tokens, or a \"vocabulary\""
              + " in the processing)"));
      case Content.Picture picture -> throw new SlipwayException(item.name()
          + ": a picture (expected: a data set of texts, as the input \"text\" of the processing says)");
    };
  }

  private List<Sample> samples(Item item, Tokens first, Tokens second, Map<String, ValueType> inputs) {
    return List.of(
        new Sample(item.name() + ", first text", tensors(first, inputs), item.label()),
        new Sample(item.name() + ", second text", tensors(second, inputs), item.label()));
  }

  private Map<String, Tensor> tensors(Tokens tokens, Map<String, ValueType> inputs) {
    ModelValues.only("input", ids, inputs.keySet());
    int length = tokens.ids().size();
    long[] ones = new long[length];
    Arrays.fill(ones, 1);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(ids, Tensor.of(tokens.ids().stream().mapToLong(id -> id).toArray(), 1, length));
    if (inputs.containsKey(mask)) {
      tensors.put(mask, Tensor.of(ones, 1, length));
    }
    if (inputs.containsKey(types)) {
      tensors.put(types, Tensor.of(new long[length], 1, length));
    }
    return tensors;
  }
}
