package dev.slipway.benchmarks;

import dev.slipway.onnx.OnnxWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the models that benchmarks define by hand as ONNX files. Argument: the folder. */
public final class ExportModels {
  private ExportModels() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      System.err.println("arguments: " + arguments.length + " (expected: the folder to write to)");
      System.exit(2);
    }
    Path folder = Files.createDirectories(Path.of(arguments[0]));
    OnnxWriter.write(ResNet50.graph(1), folder.resolve("resnet50.onnx"));
    OnnxWriter.write(BertBase.graph(1, 128), folder.resolve("bert_base.onnx"));
  }
}
