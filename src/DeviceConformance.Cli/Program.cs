Console.WriteLine("dct");
