package dev.slipway.operators;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Feeds any text to the parser of graphs, which plans hold. A build only runs the seeds beside this class; the
 * environment variable {@code JAZZER_FUZZ=1} with {@code -Djazzer.hooks=true} searches for new ones.
 */
class GraphParserFuzzTest {
  private static final List<Tensor> ELSEWHERE = List.of(Tensor.vector(1, -1), Tensor.of(new float[4], 2, 2));

  @FuzzTest(maxDuration = "5m")
  void parsesOrRefuses(byte[] text) {
    try {
      GraphPrinter.print(GraphParser.parse(new String(text, StandardCharsets.UTF_8), Operators::get, ELSEWHERE));
    } catch (SlipwayException e) {
      // refused with a reason
    }
  }
}
