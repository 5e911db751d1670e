package dev.slipway.samples.cudalessons;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.operators.Operators;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A model for each lesson: the naive kernel beside the better ones; {@code slipway bench --profile} times them all. */
public final class Models {
  private static final Map<String, String> TEXTS = texts();

  private Models() {}

  private static Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("matrix-product", """
        input a: float32[2048, 2048]
        input b: float32[2048, 2048]
        naive = lessons.MatrixProduct(a, b) "naive"
        tiled = lessons.MatrixProduct(a, b) {kernel = "tiled"} "tiled"
        output naive = naive
        output tiled = tiled
        """);
    texts.put("transposition", """
        input x: float32[8192, 8192]
        naive = lessons.Transposition(x) "naive"
        conflicts = lessons.Transposition(x) {kernel = "conflicts"} "conflicts"
        padded = lessons.Transposition(x) {kernel = "padded"} "padded"
        output naive = naive
        output conflicts = conflicts
        output padded = padded
        """);
    texts.put("reduction", """
        input x: float32[67108864]
        naive = lessons.Reduction(x) "naive"
        tree = lessons.Reduction(x) {kernel = "tree"} "tree"
        output naive = naive
        output tree = tree
        """);
    texts.put("occupancy", """
        input x: float32[67108864]
        naive = lessons.Occupancy(x) "naive"
        occupying = lessons.Occupancy(x) {kernel = "occupying"} "occupying"
        output naive = naive
        output occupying = occupying
        """);
    texts.put("streams", """
        input x: float32[16, 3, 1024, 1024]
        y = Sigmoid(x)
        output y = y
        """);
    return texts;
  }

  static Map<String, Graph> all() {
    Map<String, Graph> all = new LinkedHashMap<>();
    TEXTS.forEach((name, text) ->
        all.put(name, GraphParser.parse("graph \"" + name + "\" {\n" + text + "}\n", Operators::get)));
    return all;
  }

  /** Takes the folder to write the models to. */
  public static void main(String[] arguments) {
    if (arguments.length != 1) {
      System.err.println("arguments: " + arguments.length + " (expected: FOLDER)");
      System.exit(2);
    }
    all().forEach((name, graph) -> OnnxWriter.write(graph, Path.of(arguments[0], name + ".onnx")));
  }
}
