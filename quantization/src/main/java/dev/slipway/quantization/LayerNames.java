package dev.slipway.quantization;

import dev.slipway.graph.Node;
import dev.slipway.tensor.SlipwayException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Finds layers by their names, by the names of the model's nodes that a simplified node stands for, or by a pattern
 * with {@code *}.
 */
final class LayerNames {
  private static final int SUGGESTIONS = 3;

  private final List<Node> layers;

  LayerNames(List<Node> layers) {
    this.layers = layers;
  }

  /**
   * The names of the layers that are meant.
   *
   * @throws SlipwayException where there is none
   */
  List<String> find(String wanted) {
    String pattern = ("\\Q" + wanted + "\\E").replace("*", "\\E.*\\Q");
    List<String> found = layers.stream()
        .map(Node::name)
        .filter(name -> parts(name).anyMatch(part -> part.matches(pattern)))
        .toList();
    if (found.isEmpty()) {
      throw new SlipwayException("layer: " + wanted + " (expected: a layer with weights; the nearest names are "
          + String.join(", ", nearest(wanted)) + ")");
    }
    return found;
  }

  private static Stream<String> parts(String name) {
    return Stream.concat(Stream.of(name), Arrays.stream(name.split("\\+")));
  }

  private List<String> nearest(String wanted) {
    return layers.stream()
        .flatMap(node -> parts(node.name()))
        .distinct()
        .sorted(Comparator.comparingInt(name -> distance(wanted, name)))
        .limit(SUGGESTIONS)
        .toList();
  }

  /** Insertions, deletions and substitutions that make one name of the other (Levenshtein). */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
