Console.WriteLine("sequor");
