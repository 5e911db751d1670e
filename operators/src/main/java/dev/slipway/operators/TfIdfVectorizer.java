package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Counts the n-grams of a pool in sequences of integers, C or batch×C, and weights the counts; an n-gram may skip up
 * to {@code max_skip_count} elements between its members. The result has one column for each n-gram index.
 */
public record TfIdfVectorizer(Attributes attributes) implements Op {
  private static final long LARGEST_INDEX = (1L << 24) - 1;
  private static final TypeConstraint T = TypeConstraint.of("T", DType.INDICES);
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.FLOAT32);
  static final OpDefinition DEFINITION = OpSchema.named("TfIdfVectorizer")
      .since(9)
      .input("X", T)
      .output("Y", T1)
      .requiredAttribute("max_gram_length", Kind.INT)
      .requiredAttribute("max_skip_count", Kind.INT)
      .requiredAttribute("min_gram_length", Kind.INT)
      .requiredAttribute("mode", Kind.STRING)
      .requiredAttribute("ngram_counts", Kind.INTS)
      .requiredAttribute("ngram_indexes", Kind.INTS)
      .attribute("pool_int64s", Kind.INTS)
      .attribute("pool_strings", Kind.STRINGS)
      .attribute("weights", Kind.FLOATS)
      .create(TfIdfVectorizer::new);

  public TfIdfVectorizer {
    if (!attributes.has("pool_int64s")) {
      throw new InvalidGraphException(
          "attribute pool_int64s: missing (expected: n-grams of integers; Slipway does not store strings)");
    }
    String mode = attributes.string("mode");
    if (!List.of("TF", "IDF", "TFIDF").contains(mode)) {
      throw new InvalidGraphException("attribute mode: " + mode + " (expected: TF, IDF or TFIDF)");
    }
    pool(attributes);
    List<Long> indexes = attributes.integers("ngram_indexes");
    if (indexes.stream().anyMatch(index -> index < 0 || index > LARGEST_INDEX)) {
      throw new InvalidGraphException(
          "attribute ngram_indexes: " + indexes + " (expected: 0 to " + LARGEST_INDEX + ")");
    }
    List<Float> weights = attributes.reals("weights", List.of());
    if (!weights.isEmpty() && weights.size() != indexes.size()) {
      throw new InvalidGraphException(
          "attribute weights: " + weights.size() + " (expected: " + indexes.size() + ", one for each n-gram)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    if (!x.ranked()) {
      return List.of(TensorType.of(DType.FLOAT32, Shape.UNRANKED));
    }
    if (x.rank() > 2) {
      throw new InvalidGraphException("X: " + x + " (expected: a rank of at most 2)");
    }
    Shape columns = Shape.of(columns());
    return List.of(TensorType.of(DType.FLOAT32, x.rank() < 2 ? columns : x.slice(0, 1).concat(columns)));
  }

  private long columns() {
    return attributes.integers("ngram_indexes").stream().mapToLong(Long::longValue).max().orElse(-1) + 1;
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    Map<List<Long>, Integer> pool = pool(attributes);
    int rows = x.rank() < 2 ? 1 : Math.toIntExact(x.dim(0));
    int length = Math.toIntExact(x.rank() == 0 ? 1 : x.dim(-1));
    List<Long> elements = Arrays.stream(x.toLongs()).boxed().toList();
    int columns = Math.toIntExact(columns());
    for (int row = 0; row < rows; row++) {
      double[] weighted = weighted(pool, elements.subList(row * length, (row + 1) * length), columns);
      for (int column = 0; column < columns; column++) {
        y.setDouble((long) row * columns + column, weighted[column]);
      }
    }
  }

  private double[] weighted(Map<List<Long>, Integer> pool, List<Long> sequence, int columns) {
    long[] counts = counts(pool, sequence);
    String mode = attributes.string("mode");
    List<Float> weights = attributes.reals("weights", List.of());
    double[] result = new double[columns];
    for (int gram = 0; gram < counts.length; gram++) {
      double count = mode.equals("IDF") ? Math.min(counts[gram], 1) : counts[gram];
      double weight = mode.equals("TF") || weights.isEmpty() ? 1 : weights.get(gram);
      result[Math.toIntExact(attributes.integers("ngram_indexes").get(gram))] += count * weight;
    }
    return result;
  }

  private long[] counts(Map<List<Long>, Integer> pool, List<Long> sequence) {
    long[] counts = new long[attributes.integers("ngram_indexes").size()];
    long longest = Math.min(attributes.integer("max_gram_length"), attributes.integers("ngram_counts").size());
    for (long length = Math.max(1, attributes.integer("min_gram_length")); length <= longest; length++) {
      long distances = length == 1 ? 1 : Math.min(attributes.integer("max_skip_count"), sequence.size()) + 1;
      for (long distance = 1; distance <= distances; distance++) {
        long last = sequence.size() - (length - 1) * distance;
        for (int start = 0; start < last; start++) {
          Optional<Integer> gram = Optional.ofNullable(pool.get(gram(sequence, start, length, distance)));
          gram.ifPresent(found -> counts[found]++);
        }
      }
    }
    return counts;
  }

  private static List<Long> gram(List<Long> sequence, int start, long length, long distance) {
    List<Long> gram = new ArrayList<>();
    for (long i = 0; i < length; i++) {
      gram.add(sequence.get((int) (start + i * distance)));
    }
    return gram;
  }

  /** The number of each n-gram. */
  private static Map<List<Long>, Integer> pool(Attributes attributes) {
    List<Long> elements = attributes.integers("pool_int64s");
    List<Long> starts = attributes.integers("ngram_counts");
    int grams = attributes.integers("ngram_indexes").size();
    Map<List<Long>, Integer> pool = new HashMap<>();
    int number = 0;
    for (int length = 1; length <= starts.size(); length++) {
      long start = starts.get(length - 1);
      long end = length < starts.size() ? starts.get(length) : elements.size();
      if (start < 0 || end < start || end > elements.size() || (end - start) % length != 0) {
        throw new InvalidGraphException("attribute ngram_counts: " + starts + " (expected: rising starts of whole "
            + "n-grams within " + elements.size() + " elements)");
      }
      for (long at = start; at < end; at += length) {
        pool.put(elements.subList((int) at, (int) at + length), number++);
      }
    }
    if (number != grams) {
      throw new InvalidGraphException(
          "attribute ngram_indexes: " + grams + " (expected: " + number + ", one for each n-gram of the pool)");
    }
    return pool;
  }
}
