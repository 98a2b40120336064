-- Sakila on MariaDB and MySQL: written from the published structure, not copied.
--
-- Its numbers are signed, a year is a SMALLINT and a time a DATETIME, where the published ones are UNSIGNED, YEAR and
-- TIMESTAMP: so the entities that sea-orm-cli makes on PostgreSQL read them too.
CREATE TABLE country (
    country_id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    country varchar(50) NOT NULL,
    last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
);
CREATE TABLE city (
    city_id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    city varchar(50) NOT NULL,
    country_id int NOT NULL,
    last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    CONSTRAINT city_country FOREIGN KEY (country_id) REFERENCES country (country_id) ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE TABLE address (
    address_id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    address varchar(50) NOT NULL,
    address2 varchar(50),
    district varchar(20) NOT NULL,
    city_id int NOT NULL,
    postal_code varchar(10),
    phone varchar(20) NOT NULL,
    location geometry,
    last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    CONSTRAINT address_city FOREIGN KEY (city_id) REFERENCES city (city_id) ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE TABLE language (
    language_id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name char(20) NOT NULL,
    last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
);
CREATE TABLE category (
    category_id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name varchar(25) NOT NULL,
    last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
);
CREATE TABLE actor (
    actor_id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    first_name varchar(45) NOT NULL,
    last_name varchar(45) NOT NULL,
    last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    KEY actor_last_name (last_name)
);
CREATE TABLE film (
    film_id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title varchar(255) NOT NULL,
    description text,
    release_year smallint,
    language_id int NOT NULL,
    original_language_id int,
    rental_duration smallint NOT NULL DEFAULT 3,
    rental_rate decimal(4, 2) NOT NULL DEFAULT 4.99,
    length smallint,
    replacement_cost decimal(5, 2) NOT NULL DEFAULT 19.99,
    rating enum('G', 'PG', 'PG-13', 'R', 'NC-17') DEFAULT 'G',
    special_features set('Trailers', 'Commentaries', 'Deleted Scenes', 'Behind the Scenes'),
    last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    KEY film_title (title),
    CONSTRAINT film_language FOREIGN KEY (language_id) REFERENCES language (language_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT film_original FOREIGN KEY (original_language_id) REFERENCES language (language_id)
        ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE TABLE film_text (
    film_id int NOT NULL PRIMARY KEY,
    title varchar(255) NOT NULL,
    description text,
    FULLTEXT KEY film_text_words (title, description)
);
CREATE TABLE film_actor (
    actor_id int NOT NULL,
    film_id int NOT NULL,
    last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (actor_id, film_id),
    CONSTRAINT film_actor_actor FOREIGN KEY (actor_id) REFERENCES actor (actor_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT film_actor_film FOREIGN KEY (film_id) REFERENCES film (film_id) ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE TABLE film_category (
    film_id int NOT NULL,
    category_id int NOT NULL,
    last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (film_id, category_id),
    CONSTRAINT film_category_film FOREIGN KEY (film_id) REFERENCES film (film_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT film_category_category FOREIGN KEY (category_id) REFERENCES category (category_id)
        ON UPDATE CASCADE ON DELETE RESTRICT
);
-- A store is there before its manager: no foreign key could be checked otherwise.
CREATE TABLE store (
    store_id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    manager_staff_id int UNIQUE,
    address_id int NOT NULL,
    last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    CONSTRAINT store_address FOREIGN KEY (address_id) REFERENCES address (address_id) ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE TABLE staff (
    staff_id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    first_name varchar(45) NOT NULL,
    last_name varchar(45) NOT NULL,
    address_id int NOT NULL,
    picture blob,
    email varchar(50),
    store_id int NOT NULL,
    active boolean NOT NULL DEFAULT true,
    username varchar(16) NOT NULL,
    password varchar(40),
    last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    CONSTRAINT staff_address FOREIGN KEY (address_id) REFERENCES address (address_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT staff_store FOREIGN KEY (store_id) REFERENCES store (store_id) ON UPDATE CASCADE ON DELETE RESTRICT
);
ALTER TABLE store ADD CONSTRAINT store_manager FOREIGN KEY (manager_staff_id) REFERENCES staff (staff_id)
    ON UPDATE CASCADE ON DELETE RESTRICT;
CREATE TABLE customer (
    customer_id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    store_id int NOT NULL,
    first_name varchar(45) NOT NULL,
    last_name varchar(45) NOT NULL,
    email varchar(50),
    address_id int NOT NULL,
    active boolean NOT NULL DEFAULT true,
    create_date date NOT NULL DEFAULT (CURRENT_DATE),
    last_update datetime NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    KEY customer_last_name (last_name),
    CONSTRAINT customer_store FOREIGN KEY (store_id) REFERENCES store (store_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT customer_address FOREIGN KEY (address_id) REFERENCES address (address_id)
        ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE TABLE inventory (
    inventory_id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    film_id int NOT NULL,
    store_id int NOT NULL,
    last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    KEY inventory_store_film (store_id, film_id),
    CONSTRAINT inventory_film FOREIGN KEY (film_id) REFERENCES film (film_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT inventory_store FOREIGN KEY (store_id) REFERENCES store (store_id) ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE TABLE rental (
    rental_id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    rental_date datetime NOT NULL,
    inventory_id int NOT NULL,
    customer_id int NOT NULL,
    return_date datetime,
    staff_id int NOT NULL,
    last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    UNIQUE KEY rental_once (rental_date, inventory_id, customer_id),
    CONSTRAINT rental_inventory FOREIGN KEY (inventory_id) REFERENCES inventory (inventory_id)
        ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT rental_customer FOREIGN KEY (customer_id) REFERENCES customer (customer_id)
        ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT rental_staff FOREIGN KEY (staff_id) REFERENCES staff (staff_id) ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE TABLE payment (
    payment_id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id int NOT NULL,
    staff_id int NOT NULL,
    rental_id int,
    amount decimal(5, 2) NOT NULL,
    payment_date datetime NOT NULL,
    CONSTRAINT payment_customer FOREIGN KEY (customer_id) REFERENCES customer (customer_id)
        ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT payment_staff FOREIGN KEY (staff_id) REFERENCES staff (staff_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT payment_rental FOREIGN KEY (rental_id) REFERENCES rental (rental_id) ON UPDATE CASCADE ON DELETE SET NULL
);

CREATE TRIGGER film_text_insert AFTER INSERT ON film FOR EACH ROW
    INSERT INTO film_text (film_id, title, description) VALUES (NEW.film_id, NEW.title, NEW.description);
CREATE TRIGGER film_text_update AFTER UPDATE ON film FOR EACH ROW
    IF NOT (OLD.title <=> NEW.title AND OLD.description <=> NEW.description AND OLD.film_id = NEW.film_id) THEN
        UPDATE film_text SET film_id = NEW.film_id, title = NEW.title, description = NEW.description
        WHERE film_id = OLD.film_id;
    END IF;
CREATE TRIGGER film_text_delete AFTER DELETE ON film FOR EACH ROW
    DELETE FROM film_text WHERE film_id = OLD.film_id;
