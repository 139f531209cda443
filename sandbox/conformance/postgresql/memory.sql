DO $$ DECLARE kept text := 'x'; BEGIN LOOP kept := kept || kept; END LOOP; END $$;
